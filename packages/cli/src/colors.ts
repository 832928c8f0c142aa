import { isatty } from 'node:tty'
import pc from 'picocolors'

const STDOUT = 1

/** Colours for people: only on a terminal, and never where NO_COLOR is set, also where a CI system is. */
export const colors = pc.createColors(isatty(STDOUT) && pc.isColorSupported)

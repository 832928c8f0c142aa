import pc from 'picocolors'

/** Colours for people: only on a terminal, and never where NO_COLOR is set, also where a CI system is. */
export const colors = pc.createColors(process.stdout.isTTY && pc.isColorSupported)

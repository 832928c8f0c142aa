import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync } from 'node:fs'
import { rmSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as zlib from 'node:zlib'
import { TraderError } from '../core/errors.ts'

export interface RotatingFileOptions {
  readonly path: string
  /** Finished files kept; 0 never finishes one. */
  readonly maxFiles: number
  readonly maxBytes: number
  readonly compressor: 'gzip' | 'zstd'
}

/** Only newer Node has it. */
type Zstd = { readonly zstdCompressSync?: (data: Uint8Array) => Buffer }

/** A log that is packed away as `poold.log.N.gz` when it has grown enough; N counts up. */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  readonly #pack: (data: Uint8Array) => Buffer
  readonly #ending: string
  #file: number
  #size: number

  /** @throws TraderError CONFIG_INVALID when this Node cannot pack that way */
  constructor(options: RotatingFileOptions) {
    this.#options = options
    const { zstdCompressSync } = zlib as Zstd
    if (options.compressor === 'zstd' && zstdCompressSync === undefined) {
      const reason = '--logging.file.compressor=zstd needs Node 22.15 or newer: take gzip'
      throw new TraderError({ code: 'CONFIG_INVALID', reason }, reason)
    }
    this.#pack = options.compressor === 'zstd' && zstdCompressSync !== undefined ? zstdCompressSync : zlib.gzipSync
    this.#ending = options.compressor === 'zstd' ? 'zst' : 'gz'
    mkdirSync(dirname(options.path), { recursive: true })
    this.#file = openSync(options.path, 'a')
    this.#size = fstatSync(this.#file).size
  }

  write(text: string): void {
    this.#size += writeSync(this.#file, text)
    if (this.#options.maxFiles > 0 && this.#size >= this.#options.maxBytes) this.#rotate()
  }

  #rotate(): void {
    const { path, maxFiles } = this.#options
    const finished = this.#finished()
    const next = (finished.at(-1)?.number ?? 0) + 1
    const plain = `${path}.${next}`
    closeSync(this.#file)
    renameSync(path, plain)
    this.#file = openSync(path, 'a')
    this.#size = 0
    writeFileSync(`${plain}.${this.#ending}`, this.#pack(readFileSync(plain)), { mode: 0o600 })
    rmSync(plain)
    for (const { name } of finished.slice(0, Math.max(0, finished.length + 1 - maxFiles))) {
      rmSync(join(dirname(path), name))
    }
  }

  /** Oldest first. */
  #finished(): readonly { readonly name: string; readonly number: number }[] {
    const { path } = this.#options
    if (!existsSync(dirname(path))) return []
    const start = `${basename(path)}.`
    return readdirSync(dirname(path))
      .map((name) => ({ name, number: Number.parseInt(name.startsWith(start) ? name.slice(start.length) : '', 10) }))
      .filter(({ number }) => number > 0)
      .toSorted((a, b) => a.number - b.number)
  }
}

/** One file of an archive; `mode` in the octal sense, `path` at most 100 bytes, a folder's path ends in `/`. */
export interface TarEntry {
    readonly path: string;
    readonly mode: number;
    readonly content: Uint8Array;
}
/** The two empty blocks that end an archive. */
export declare const TAR_END: Uint8Array<ArrayBuffer>;
/**
 * One entry in the ustar format (POSIX 1003.1-1988) in two pieces: the header, and the content with its padding. Owner 0:0 and
 * time 0, so that equal files make equal bytes; pieces can be compressed apart and put one after the other, which both gzip and
 * xz read as one.
 */
export declare const tarEntry: ({ path, mode, content }: TarEntry) => readonly [header: Uint8Array, body: Uint8Array];
//# sourceMappingURL=tar.d.ts.map
/** How a piece of an archive is packed: gzip by level (0 stores it), xz at its best, xz with the filter for x86 code. */
export type Packing = 'gzip-0' | 'gzip-1' | 'gzip-9' | 'xz' | 'xz-x86';
/** Packs bytes; large ones are taken from the cache folder where they were packed so before (xz of Node takes 80 s). */
export declare const compress: (bytes: Uint8Array, packing: Packing, cache: string) => Promise<Uint8Array>;
//# sourceMappingURL=compress.d.ts.map
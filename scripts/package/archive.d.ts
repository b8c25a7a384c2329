import { type Packing } from './compress.ts';
import { type TarEntry } from './tar.ts';
/** An entry and how it is packed. */
export interface PackedEntry extends TarEntry {
    readonly packing: Packing;
}
/**
 * A compressed tar of the entries, each packed on its own and put one after the other: what is large and seldom changes comes
 * from the cache, and equal inputs make equal bytes.
 */
export declare const archive: (entries: readonly PackedEntry[], cache: string) => Promise<Uint8Array>;
//# sourceMappingURL=archive.d.ts.map
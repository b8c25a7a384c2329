/** Architectures by the names that Debian and k3s use. */
export type Arch = 'amd64' | 'arm64';
/** What the architecture is called elsewhere: npm's and Node's name, the GNU tools' name, the machine number of an ELF file. */
export declare const ARCHES: Readonly<Record<Arch, {
    readonly node: 'x64' | 'arm64';
    readonly gnu: string;
    readonly elf: number;
}>>;
/** The architecture of this machine. */
export declare const ownArch: () => Arch;
/** Where things are taken from and kept: the repository's root and a cache folder that may be deleted at any time. */
export interface Places {
    readonly root: string;
    readonly cache: string;
}
/** A Node binary without its symbols, and its licence. */
export interface Runtime {
    readonly node: string;
    readonly license: string;
}
/** Node for an architecture, from the installed package or fetched and checked against the lock file, stripped, cached. */
export declare const runtimeFor: (arch: Arch, places: Places) => Runtime;
/** Version and integrity of a Node package as the lock file has them; throws where it has none. */
export declare const lockedNode: (lock: string, arch: Arch) => {
    readonly version: string;
    readonly integrity: string;
};
/** The machine number in an ELF header (62 is x86-64, 183 is AArch64); undefined where the bytes are no 64-bit little-endian ELF. */
export declare const elfMachine: (bytes: Uint8Array) => number | undefined;
//# sourceMappingURL=runtime.d.ts.map
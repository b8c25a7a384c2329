import { readdirSync } from 'node:fs'
import type { World } from '../world.ts'

/** Says of every archive in the images folder that it was imported, as containerd's import does (nothing is unpacked). */
export function importImages(world: World): void {
  const archives = (): string[] => {
    try {
      return readdirSync(world.paths.images).filter((name) => /\.(tar|tar\.gz|tgz|tar\.zst|tar\.lz4|tar\.bz2)$/.test(name))
    } catch {
      return []
    }
  }
  for (const name of archives().sort()) {
    world.log('info', `Importing images from ${world.paths.images}/${name}`)
    world.log('info', `Imported 1 images from ${world.paths.images}/${name} in 51.955672ms`)
  }
}

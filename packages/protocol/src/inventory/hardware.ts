import * as z from 'zod'

const text = z.string().max(128)

/** CPU, memory, disks, BIOS, system and OS, by systeminformation in a short-lived child. */
export const HardwareSectionSchema = z.strictObject({
  system: z.strictObject({ manufacturer: text, model: text, uuid: text, virtual: z.boolean() }),
  bios: z.strictObject({ vendor: text, version: text }),
  os: z.strictObject({ distro: text, release: text, codename: text, kernel: text, arch: z.enum(['amd64', 'arm64']), hostname: text }),
  cpu: z.strictObject({ brand: text, cores: z.int(), physicalCores: z.int() }),
  memoryMb: z.int(),
  disks: z.array(z.strictObject({ device: text, type: text, sizeMb: z.int(), model: text })).max(128),
})
/** See {@link HardwareSectionSchema}. */
export type HardwareSection = z.infer<typeof HardwareSectionSchema>

declare const absolute: unique symbol

/** An absolute, normal path: no `..`, no `//`, no NUL; the only kind of path that a host takes. */
export type AbsolutePath = string & { readonly [absolute]: true }

const isAbsolute = (text: string): text is AbsolutePath =>
  /^\/(?:[^/\0]+(?:\/[^/\0]+)*)?$/.test(text) && !text.split('/').some((part) => part === '.' || part === '..')

/** The text as a path; throws RangeError for anything relative, unclean or with dots. */
export const absolutePath = (text: string): AbsolutePath => {
  if (!isAbsolute(text)) throw new RangeError(`not a clean absolute path: ${JSON.stringify(text)}`)
  return text
}

/** A path below a folder; throws RangeError where a name is no plain name. */
export const below = (folder: AbsolutePath, ...names: readonly string[]): AbsolutePath =>
  absolutePath([folder === '/' ? '' : folder, ...names].join('/'))

/** The folder that a path is in. */
export const folderOf = (path: AbsolutePath): AbsolutePath => absolutePath(path.slice(0, path.lastIndexOf('/')) || '/')

/** True where `path` is `folder` or lies below it. */
export const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

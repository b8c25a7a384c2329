type Plain = string | number | boolean | null | undefined

/** A JSON value that nobody may change, all the way down. */
export type Frozen<T> = T extends Plain
  ? T
  : T extends readonly (infer E)[]
    ? readonly Frozen<E>[]
    : { readonly [K in keyof T]: Frozen<T[K]> }

declare const brand: unique symbol

/**
 * A value of `T` that only the parsing constructor of `Name` can make. The names are the properties of the mark, so a
 * key can carry two of them (an account key is a public key).
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: { readonly [N in Name]: true } }

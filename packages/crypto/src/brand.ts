declare const brand: unique symbol

/** A value of `T` that only the parsing constructor of `Name` can make. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

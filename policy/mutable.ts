/** The same members, writable: for a value that is put together member by member. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

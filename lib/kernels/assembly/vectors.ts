// How the sources name vectors; tasks/expand_vectors.ts writes them out.
//
//     $x    VECTOR bytes: one 128-bit vector in the narrow builds, two in the wide ones, which V8
//           can join to one 256-bit operation. The narrow builds come round twice instead, because
//           their sixteen registers hold only one half of a tile.
//     $$x   32 bytes: two vectors in all builds.
//     x_    a number or vector of each tile, in a function that is written out for several tiles.

/** Bytes of a vector `$x`. */
export const VECTOR = WIDE ? 32 : 16;

// TODO (#12): rotate by size
// FIXME: see issue 7

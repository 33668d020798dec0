// TODO rotate by size
int x; // XXX

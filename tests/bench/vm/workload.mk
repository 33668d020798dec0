# SPDX-License-Identifier: Apache-2.0
# Twenty C files of this project, compiled and linked into one object.
# mark_dynamic.c is a program of its own.
sources := $(filter-out %/mark_dynamic.c,$(wildcard /test/source/tests/vm/bypass/*.c))
objects := $(patsubst /test/source/tests/vm/bypass/%.c,/srv/build/work/%.o,$(sources))

/srv/build/work/all.o: $(objects)
	/usr/bin/ld -r -o $@ $^

/srv/build/work/%.o: /test/source/tests/vm/bypass/%.c
	/usr/bin/gcc -O1 -w -D_GNU_SOURCE -I /test/source -c -o $@ $<

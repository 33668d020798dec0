# SPDX-License-Identifier: Apache-2.0
# Five C files of this project, compiled and linked into one object.
sources := $(wordlist 1,5,$(sort $(wildcard /srv/build/source/tests/vm/bypass/*.c)))
objects := $(patsubst /srv/build/source/tests/vm/bypass/%.c,/srv/build/work/%.o,$(sources))

/srv/build/work/all.o: $(objects)
	/usr/bin/ld -r -o $@ $^

/srv/build/work/%.o: /srv/build/source/tests/vm/bypass/%.c
	/usr/bin/gcc -O1 -w -D_GNU_SOURCE -I /srv/build/source -c -o $@ $<

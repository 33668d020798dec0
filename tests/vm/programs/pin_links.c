// SPDX-License-Identifier: Apache-2.0
/*
 * pin_links OBJECT FOLDER: attaches every program of a BPF object and pins its link in FOLDER,
 * under the section's name with ':' for '/', in place of what is pinned there.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

static int pin_link(struct bpf_program *program, const char *folder)
{
	struct bpf_link *link = bpf_program__attach(program);
	char path[256];

	if (!link)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", folder, bpf_program__section_name(program));
	*strchr(path + strlen(folder) + 1, '/') = ':';
	if (unlink(path) != 0)
		return -1;
	return bpf_link__pin(link, path);
}

int main(int count, char **words)
{
	struct bpf_object *object = count == 3 ? bpf_object__open_file(words[1], NULL) : NULL;
	struct bpf_program *program;

	if (!object || bpf_object__load(object) != 0) {
		perror("pin_links: loading");
		return 2;
	}
	bpf_object__for_each_program(program, object)
	{
		if (pin_link(program, words[2]) != 0) {
			perror(bpf_program__name(program));
			return 1;
		}
	}
	return 0;
}

#include "abi.h"
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>

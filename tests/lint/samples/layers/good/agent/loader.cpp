#include <bpf/libbpf.h>
#include <chrono>
#include "compiler/compile.h"

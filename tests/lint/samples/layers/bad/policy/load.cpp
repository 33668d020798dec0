#include "compiler/box.h"
#include <chrono>
#include <filesystem>
#include <bpf/libbpf.h>

#include "bpf/abi.h"
#include "policy/model.h"

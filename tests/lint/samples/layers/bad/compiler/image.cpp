#include "agent/config.h"
#include "bpf/maps.h"
#  include <unistd.h>

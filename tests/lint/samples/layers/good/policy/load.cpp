#include "policy/load.h"

#include <errno.h>
#include <fmt/format.h>
#include <vector>

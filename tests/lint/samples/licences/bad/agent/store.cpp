#include "agent/store.h"

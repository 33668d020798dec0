#include "compiler/box.h"
#include <stdio.h>

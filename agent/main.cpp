// SPDX-License-Identifier: Apache-2.0
// The synpol binary: every verb, and the daemon as the verb `agent`.
#include "agent/cli.h"

int main(int argc, char** argv) {
    return synpol::run_cli(argc, argv);
}

// SPDX-License-Identifier: Apache-2.0
// `synpol lsp`: the language server that editors start and talk to over standard input and output.
#include <csignal>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "agent/cli.h"
#include "agent/lsp/framing.h"
#include "agent/lsp/server.h"

namespace synpol {
namespace {

// Long enough to wait for the next key of somebody who types, short enough to feel at once.
constexpr int quiet_ms = 100;

Result<int> run() {
    std::signal(SIGPIPE, SIG_IGN); // an editor that went away is an error of write()
    Result<void> sent;
    lsp::Server server{[&](const lsp::Json& message) {
        if (sent) sent = lsp::write_frame(STDOUT_FILENO, lsp::written(message));
    }};
    lsp::FrameReader reader{STDIN_FILENO};
    while (sent && !server.exit_code()) {
        if (!reader.has_input(quiet_ms)) server.idle();
        auto frame = reader.next();
        if (!frame) return std::move(frame.error());
        if (!*frame) return server.end_of_input();
        if ((*frame)->refused_bytes != 0) {
            server.refuse((*frame)->refused_bytes);
        } else {
            server.receive((*frame)->body);
        }
    }
    if (!sent) return std::move(sent.error());
    return *server.exit_code();
}

} // namespace

VerbAction configure_lsp(CLI::App& app) {
    // Editors that can speak in several ways say which one they mean.
    app.add_flag_callback(
        "--stdio", [] {}, "talk over standard input and output, as always");
    return run;
}

} // namespace synpol

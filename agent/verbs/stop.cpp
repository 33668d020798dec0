// SPDX-License-Identifier: Apache-2.0
// `synpol stop`: ends enforcement, and the agent where one runs. Afterwards nothing of synpol is
// attached or pinned. The way out for every state that a host can be in.
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/cli.h"
#include "agent/control.h"
#include "agent/control_client.h"
#include "agent/descriptor.h"
#include "agent/file_lock.h"
#include "agent/kernel/kernel_backend.h"
#include "agent/settings.h"
#include "agent/store.h"

namespace synpol {
namespace {

constexpr int patience_ms = 10'000;

struct Options {
    std::string config;
    bool emergency = false;
    bool purge = false;
};

std::string lock_path(const Config& config) {
    return config.run_dir + "/agent.lock";
}

/// A pidfd, so that neither the wait nor the signal meets a later process of that number.
Descriptor open_process(int pid) {
    return Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

Result<void> wait_for_end(const Descriptor& process, int pid) {
    if (!process) return {}; // gone already
    pollfd wanted{process.get(), POLLIN, 0};
    if (::poll(&wanted, 1, patience_ms) > 0) return {};
    return Error{fmt::format("agent pid {} does not end", pid)}.with_help(
        "`synpol stop --emergency` ends it");
}

Result<void> kill_agent(const Config& config, int pid) {
    const auto process = open_process(pid);
    // Asked again with the descriptor in hand: it may have ended, and its number be another's.
    auto holder = FileLock::holder(lock_path(config));
    if (!holder) return std::move(holder.error());
    if (*holder != pid || !process) return {};
    if (::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) != 0) {
        return Error::from_errno(fmt::format("ending agent pid {}", pid), errno);
    }
    return wait_for_end(process, pid);
}

Result<void> ask_agent(const Config& config, int pid) {
    const auto process = open_process(pid);
    auto answer = ControlClient{config.run_dir}.post("/v1/stop", "{}");
    if (!answer) {
        auto error = std::move(answer.error());
        return std::move(error).with_help("`synpol stop --emergency` does without the agent");
    }
    return wait_for_end(process, pid);
}

Result<void> remove_pins(const Config& config) {
    auto lock = FileLock::take(lock_path(config)); // no agent may start meanwhile
    if (!lock) return std::move(lock.error());
    return purge_pins(config.bpffs_dir);
}

/// The files that the agent made, and the folders when nothing else is in them.
Result<void> purge(const Config& config) {
    const auto database = Store::path_in(config.state_dir);
    for (const auto* suffix : {"", "-wal", "-shm"}) {
        if (::unlink((database + suffix).c_str()) != 0 && errno != ENOENT) {
            return Error::from_errno("removing " + database + suffix, errno);
        }
    }
    ::unlink(control_path(config.run_dir).c_str());
    ::unlink(lock_path(config).c_str());
    ::rmdir(config.state_dir.c_str());
    ::rmdir(config.run_dir.c_str());
    return {};
}

Result<int> holder_of(const Config& config) {
    auto pid = FileLock::holder(lock_path(config));
    if (!pid) return std::move(pid.error()).within("asking for the agent");
    return pid;
}

bool anything_there(const Config& config) {
    std::error_code code;
    return std::filesystem::exists(config.bpffs_dir, code);
}

Result<void> end_agent(const Config& config, int pid, bool emergency) {
    if (pid == 0) return {};
    return emergency ? kill_agent(config, pid) : ask_agent(config, pid);
}

Result<int> run(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    auto pid = holder_of(*config);
    if (!pid) return std::move(pid.error());
    const bool pinned = anything_there(*config);
    if (auto ended = end_agent(*config, *pid, options.emergency); !ended) {
        return std::move(ended.error()).within("stopping");
    }
    if (anything_there(*config)) {
        if (auto removed = remove_pins(*config); !removed) {
            return std::move(removed.error()).within("stopping");
        }
    }
    if (options.purge) {
        if (auto purged = purge(*config); !purged) return std::move(purged.error());
    }
    if (*pid != 0) {
        fmt::print("agent pid {} has ended, nothing is enforced any more\n", *pid);
    } else {
        fmt::print("no agent was running; {}\n",
                   pinned ? "what was enforced without one is removed" : "nothing was enforced");
    }
    return ExitCode::fine;
}

} // namespace

VerbAction configure_stop(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_flag("--emergency", options->emergency,
                 "end the agent by force and remove everything without its help");
    app.add_flag("--purge", options->purge, "remove the audit database too");
    add_config_option(app, options->config);
    return [options] { return run(*options); };
}

} // namespace synpol

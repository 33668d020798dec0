// SPDX-License-Identifier: Apache-2.0
// `synpol agent`: the daemon. SIGTERM and SIGINT end the process and leave enforcement in place;
// only `synpol stop` ends enforcement.
#include <cerrno>
#include <csignal>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>

#include "agent/cli.h"
#include "agent/control_api.h"
#include "agent/dry_run.h"
#include "agent/kernel/kernel_backend.h"
#include "agent/replay.h"
#include "agent/service.h"
#include "agent/settings.h"

namespace synpol {
namespace {

struct Options {
    std::string config;
    std::string backend;
    std::string replay;
    bool dry_run = false;
};

Result<std::unique_ptr<Backend>> make_backend(const Config& config) {
    if (config.backend == "sim") return std::unique_ptr<Backend>{std::make_unique<SimBackend>()};
    auto kernel = KernelBackend::create(config);
    if (!kernel) return std::move(kernel.error());
    return std::unique_ptr<Backend>{std::move(*kernel)};
}

/// Blocked before any thread is made, so that every one of them leaves these signals to the loop.
Result<Descriptor> take_signals() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    if (::pthread_sigmask(SIG_BLOCK, &ending, nullptr) != 0) {
        return Error::from_errno("blocking signals", errno);
    }
    Descriptor signals{::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!signals) return Error::from_errno("signalfd", errno);
    return signals;
}

void start_log(const Config& config) {
    auto log = spdlog::stderr_color_mt("synpol");
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    log->set_level(spdlog::level::from_str(config.log_level));
    spdlog::set_default_logger(std::move(log));
}

Result<void> serve(Service& service, const Options& options, const Descriptor& signals) {
    if (!options.replay.empty()) return replay(service, options.replay);
    const auto path = control_path(service.config().run_dir);
    auto control = ControlServer::start(path, control_routes(service));
    if (!control) {
        service.abandon();
        return std::move(control.error());
    }
    service.guard();
    spdlog::info("ready: {} backend, control socket {}", service.config().backend, path);
    return service.run(signals.get());
}

Result<int> run_agent(Config config, const Options& options) {
    auto signals = take_signals();
    if (!signals) return std::move(signals.error());
    auto service = Service::start(std::move(config), make_backend);
    if (!service) return std::move(service.error()).within("starting the agent");
    auto served = serve(**service, options, *signals);
    // What was read is written down even after a failure.
    auto finished = (*service)->finish();
    if (!served) return std::move(served.error());
    if (!finished) return std::move(finished.error()).within("ending");
    return ExitCode::fine;
}

Result<int> run(const Options& options) {
    auto config = load_config(options.config);
    if (!config) return std::move(config.error());
    if (!options.backend.empty()) config->backend = options.backend;
    if (!options.replay.empty() && config->backend != "sim") {
        return Error{
            "--replay needs --backend sim: a kernel decides what happens, not what is told"};
    }
    if (options.dry_run) {
        const auto facts =
            config->backend == "sim" ? Facts::full() : probe_host(config->cgroup_root).facts;
        return dry_run(*config, facts);
    }
    start_log(*config);
    return run_agent(std::move(*config), options);
}

} // namespace

VerbAction configure_agent(CLI::App& app) {
    auto options = std::make_shared<Options>();
    add_config_option(app, options->config);
    app.add_option("--backend", options->backend,
                   "kernel, or sim: decide given attempts, enforce nothing")
        ->check(CLI::IsMember({"kernel", "sim"}));
    app.add_option("--replay", options->replay,
                   "with sim: decide the attempts in a file, one JSON object a line (- is standard "
                   "input), and end");
    app.add_flag("--dry-run", options->dry_run, "compile what would be enforced, say so and end");
    return [options] { return run(*options); };
}

} // namespace synpol

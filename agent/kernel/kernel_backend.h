// SPDX-License-Identifier: Apache-2.0
// KernelBackend: enforces with BPF programs in this host's kernel. Maps and links are pinned in
// Config::bpffs_dir, so that enforcement goes on without the process and a new one adopts it.
#pragma once

#include <memory>

#include "agent/backend.h"
#include "agent/config.h"
#include "agent/kernel/probe.h"

namespace synpol {

class KernelBackend final : public Backend {
  public:
    /// Checks privileges, probes, loads the programs, and adopts what is pinned. Nothing is
    /// attached that was not attached before; on an error nothing new is left behind.
    static Result<std::unique_ptr<KernelBackend>> create(const Config& config);
    ~KernelBackend() override;

    std::string name() const override { return "kernel"; }
    const Facts& facts() const override;
    std::optional<std::uint64_t> adopted() const override;
    Result<void> apply(const Compiled& next) override;
    int event_fd() const override;
    Result<std::size_t> drain(const std::function<void(const sp_event&)>& sink) override;
    Result<std::map<std::uint64_t, sp_counters>> counters() override;
    Result<Losses> losses() override;
    std::vector<std::string> attached() const override;
    Result<void> guard() override;
    GuardState guard_state() const override;
    Result<void> drain_guard(const std::function<void(const sp_guard_event&)>& sink) override;
    Result<void> remove() override;

    const std::vector<ProbeItem>& probe_items() const;
    /// The image found active at the start, for who wants more of it than its tag.
    const std::optional<Image>& adopted_image() const;

  private:
    struct State;
    explicit KernelBackend(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Ends enforcement without loading anything: for `synpol stop` without an agent and pins that no
/// agent can adopt. Detaches every pinned link in the folder, unpins every map, removes the folder.
/// A folder that is not there is fine; one that holds anything that synpol did not put there is an
/// Error.
Result<void> purge_pins(const std::string& bpffs_dir);

} // namespace synpol

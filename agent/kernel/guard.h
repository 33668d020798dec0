// SPDX-License-Identifier: Apache-2.0
// The guard: programs of their own (bpf/guard.bpf.c) that keep everybody but the agent and an
// authorised synpol from what enforces. Pinned beside the maps as sp_guard_*, so that it outlives
// the agent as enforcement does, and ends with the pins.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "agent/backend.h"
#include "agent/config.h"
#include "compiler/facts.h"

struct guard_bpf;
struct ring_buffer;

namespace synpol {

class Guard {
  public:
    /// Why this kernel cannot have it: no BPF LSM, or a hook that is missing.
    static Result<void> check(const Facts& facts);

    /// Marks this process as the agent, learns what the configuration names, and attaches. Where a
    /// guard is pinned, this one takes its place without a gap. After an error there is what there
    /// was before.
    static Result<std::unique_ptr<Guard>> start(const Config& config);
    Guard() = default;
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    /// The maps, programs and links that are pinned or held by now, and no others.
    Result<void> cover();

    GuardState state() const;
    Result<void> drain(const std::function<void(const sp_guard_event&)>& sink);

    /// Ends what is pinned. Nothing pinned is fine.
    static Result<void> remove(const std::string& bpffs_dir);

  private:
    Result<void> load();
    Result<void> mark_agent();
    Result<void> learn();
    Result<void> learn_places();
    Result<void> look_at(std::uint32_t flags, const std::string& path);
    void learn_home(std::size_t which, const std::string& process);
    void forget_earlier_places();
    Result<void> attach();
    void put(std::uint32_t kind, std::uint32_t id);
    void cover_map(std::uint32_t id);
    void cover_program(std::uint32_t id);
    void cover_pin(const std::string& path);
    void cover_images();
    void cover_held();
    void forget_others();

    Config config_;
    Result<void> refused_; ///< while cover() runs
    std::set<std::pair<std::uint32_t, std::uint32_t>>
        covered_; ///< kind and id, by the last cover()
    guard_bpf* skeleton_ = nullptr;
    ring_buffer* ring_ = nullptr;
    const std::function<void(const sp_guard_event&)>* sink_ = nullptr; ///< while drain() runs
};

} // namespace synpol

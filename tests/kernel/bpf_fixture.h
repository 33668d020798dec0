// SPDX-License-Identifier: Apache-2.0
// The BPF programs for tests that run them with BPF_PROG_TEST_RUN: fresh maps, nothing attached,
// nothing pinned. Where BPF cannot be used the whole test program is skipped.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "agent/kernel/image_maps.h"
#include "bpf/abi.h"
#include "bpf/agent.h"
#include "compiler/compile.h"

struct decision_test_bpf;
struct synpol_bpf;
struct bpf_test_run_opts;

namespace synpol::testing {

/// Ends the test program with 77 and the reason, unless it may load BPF programs.
void need_bpf();

/// For a run of a test program with these arguments, which have to outlive it.
bpf_test_run_opts run_options(sp_test_run_args& args);

/// The programs of decision_test.bpf.c.
class DecisionPrograms {
  public:
    DecisionPrograms();
    ~DecisionPrograms();

    void use(const Image& image);
    /// Decides in place; at most SP_TEST_ATTEMPTS.
    void decide(std::span<sp_test_attempt> attempts);
    /// The atoms of a path of any length, as exe and as cgroup.
    sp_test_path long_path(std::string_view path);
    /// The same path as the object of exec, read or write; its atom is in exe_atom.
    sp_test_path long_object(std::string_view path);
    int current_program() const; ///< of sp_test_current
    decision_test_bpf& skeleton() { return *skeleton_; }

  private:
    sp_test_path run_on_path(std::string_view path, int program);

    decision_test_bpf* skeleton_;
    sp_test_attempt* attempts_;
    sp_test_path* path_;
};

/// The XDP program of synpol.bpf.c with its maps, alone.
class PacketProgram {
  public:
    explicit PacketProgram(bool virtual_clock = false);
    ~PacketProgram();

    void use(const Image& image);
    /// XDP_PASS or XDP_DROP of the last of `repeat` runs.
    std::uint32_t run(std::span<const std::uint8_t> frame, int repeat = 1);
    /// Of the rule with this name, summed over CPUs.
    sp_counters counters(const Compiled& compiled, const std::string& rule);
    sp_cpu_state losses(); ///< summed over CPUs
    std::vector<sp_event> events();
    void set_clock(std::uint64_t now_ns);
    int program() const;
    std::uint64_t runs() const { return runs_; } ///< packets so far, repeats counted

  private:
    synpol_bpf* skeleton_;
    std::vector<sp_event> events_;
    std::atomic<std::uint64_t> runs_{0};
    struct Reader;
    std::unique_ptr<Reader> reader_;
};

} // namespace synpol::testing

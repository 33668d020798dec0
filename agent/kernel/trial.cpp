// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/trial.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <bpf/bpf.h>
#include <fmt/format.h>

#include "agent/kernel/lockdown.h"
#include "agent/kernel/privileges.h"

namespace synpol {
namespace {

constexpr int not_supported_by_driver =
    524; // ENOTSUPP: the kernel's own, strerror has no text for it

std::string text_of(int number) {
    return number == not_supported_by_driver ? "not supported" : std::strerror(number);
}

bool says_not_there(int number) {
    constexpr std::array numbers{EINVAL, ENOENT, ENOSYS, EOPNOTSUPP, not_supported_by_driver};
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

std::vector<std::string> reasons_for(int number, std::string_view config) {
    std::vector<std::string> reasons;
    if (number == EPERM || number == EACCES) {
        const auto lockdown = lockdown_state();
        if (!lockdown.empty() && lockdown != "none") reasons.push_back("lockdown: " + lockdown);
        if (const auto missing = missing_capabilities(); !missing.empty())
            reasons.push_back(fmt::format("this process lacks {}", fmt::join(missing, ", ")));
    }
    if (says_not_there(number) && !config.empty())
        reasons.push_back(fmt::format("needs {}", config));
    return reasons;
}

} // namespace

Error refusal(std::string_view action, int number, std::string_view config) {
    auto message = fmt::format("{}: {}", action, text_of(number));
    if (const auto reasons = reasons_for(number, config); !reasons.empty())
        message += fmt::format(" ({})", fmt::join(reasons, "; "));
    return Error{std::move(message)};
}

Result<Descriptor> load_trial(const TrialProgram& program) {
    bpf_prog_load_opts options{};
    options.sz = sizeof options;
    options.expected_attach_type = program.attach;
    options.attach_btf_id = program.btf_id;
    Descriptor loaded{bpf_prog_load(program.type, "sp_probe", "GPL", program.instructions.data(),
                                    program.instructions.size(), &options)};
    if (!loaded) return refusal(fmt::format("loading {}", program.what), errno, program.config);
    return loaded;
}

Result<Descriptor> attach_trial(const TrialProgram& program, const char* raw_tracepoint) {
    auto loaded = load_trial(program);
    if (!loaded) return loaded;
    Descriptor link{bpf_raw_tracepoint_open(raw_tracepoint, loaded->get())};
    if (!link) return refusal(fmt::format("attaching {}", program.what), errno, program.config);
    return link;
}

Result<Flag> Flag::make() {
    Descriptor map{bpf_map_create(BPF_MAP_TYPE_ARRAY, "sp_probe", 4, 8, 1, nullptr)};
    if (!map) return refusal("creating an array map", errno, "CONFIG_BPF_SYSCALL");
    return Flag{std::move(map)};
}

Instructions Flag::raise() const {
    return join({load_map(0, BPF_PSEUDO_MAP_VALUE, map_.get()), {store64(0, 0, 1)}});
}

bool Flag::is_raised() const {
    const std::uint32_t key = 0;
    std::uint64_t value = 0;
    return bpf_map_lookup_elem(map_.get(), &key, &value) == 0 && value != 0;
}

} // namespace synpol

// SPDX-License-Identifier: Apache-2.0
#include "compiler/seccomp/filter_compiler.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <map>

#include <fmt/format.h>

#include "compiler/seccomp/argument_code.h"

namespace synpol {

namespace {

using Place = FilterCode::Place;

/// Against a call that some kernel has, a number that none has. Not 0: ties would be decided
/// anyhow.
constexpr double unknown_weight = 0.001;

class FilterCompiler {
  public:
    explicit FilterCompiler(const CallPolicy& policy) : policy_{policy} {}

    FilterProgram compile() {
        const Place x32 = x32_numbers();
        const Place x86_64 = architecture(Abi::x86_64, x32);
        const Place i386 = architecture(Abi::i386, unknown(Abi::i386));
        const Place foreign = code_.answer(return_value(policy_.foreign));
        const auto is_arch = FilterCode::Test::equal;
        const Place other = code_.test(is_arch, AUDIT_ARCH_I386, i386, foreign);
        const Place first = code_.test(is_arch, AUDIT_ARCH_X86_64, x86_64, other);
        return code_.layout(code_.load(offsetof(seccomp_data, arch), first));
    }

  private:
    Place decided(Abi abi, std::uint32_t number) {
        const auto& decision = policy_.at(abi, number);
        if (decision.is_constant()) return code_.answer(return_value(decision.otherwise));
        const auto known = places_.find({abi, &decision});
        if (known != places_.end()) return known->second;
        const auto edge = narrowed(diagrams_, diagrams_.of(decision), abi);
        const Place place = arguments_.place_of(edge);
        places_.emplace(std::make_pair(abi, &decision), place);
        return place;
    }
    Place unknown(Abi abi) { return decided(abi, syscall_unknown); }

    /// `above`: what happens to numbers that no ABI has a name for.
    Stretches stretches(Abi abi, Place above) {
        Stretches found;
        const auto& table = SyscallTable::instance();
        for (std::uint32_t number = 0; number < syscall_unknown; ++number) {
            const double weight = table.name(abi, number) ? 1 : unknown_weight;
            found.push_back({number, decided(abi, number), weight});
        }
        found.push_back({syscall_unknown, above, unknown_weight});
        return merged(found);
    }

    Place load_number(Place next) { return code_.load(offsetof(seccomp_data, nr), next); }

    Place architecture(Abi abi, Place above) {
        const auto found = stretches(abi, above);
        if (found.size() > 1) return load_number(search_tree(code_, found));
        // The one place may be what has to look at the number: bit 30.
        return found.front().target == unknown(abi) ? found.front().target
                                                    : load_number(found.front().target);
    }

    /// Reached where a number of x86-64 is above its table: only there bit 30 is looked at, so no
    /// call of x86-64 pays for x32.
    Place x32_numbers() {
        const auto found = stretches(Abi::x32, unknown(Abi::x32));
        const Place rest = unknown(Abi::x86_64);
        if (found.size() == 1) return with_x32(found.front().target, rest);
        return with_x32(code_.keep_bits(~x32_bit, search_tree(code_, found)), rest);
    }
    Place with_x32(Place x32, Place rest) {
        return code_.test(FilterCode::Test::has_any, x32_bit, x32, rest);
    }

    const CallPolicy& policy_;
    FilterCode code_;
    CallDiagrams diagrams_;
    ArgumentCode arguments_{diagrams_, code_};
    /// Calls share decisions; each is looked at once.
    std::map<std::pair<Abi, const CallDecision*>, Place> places_;
};

} // namespace

Result<FilterProgram> compile_filter(const CallPolicy& policy) {
    auto program = FilterCompiler{policy}.compile();
    if (program.size() > filter_instructions_max)
        return Error{fmt::format("the filter takes {} instructions, a kernel takes {}",
                                 program.size(), filter_instructions_max)};
    return program;
}

} // namespace synpol

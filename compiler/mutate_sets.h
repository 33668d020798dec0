// SPDX-License-Identifier: Apache-2.0
// Sets and subjects with one small mistake.
#pragma once

#include <string>
#include <vector>

#include "policy/model.h"

namespace synpol {

template <typename Set>
struct SetVariant {
    Set set;
    std::string what;
};

/// Each boundary moved by one, in both directions; none of `all`, which has no boundary.
std::vector<SetVariant<AddressSet>> variants_of(const AddressSet& set, const std::string& name);
std::vector<SetVariant<PortSet>> variants_of(const PortSet& set, const std::string& name);
std::vector<SetVariant<IdSet>> variants_of(const IdSet& set, const std::string& name);
/// The condition dropped, and turned round.
std::vector<SetVariant<ArgumentSet>> variants_of(const ArgumentSet& set, const std::string& name);
/// Each part of the expression left out; trees cut to one level, and grown to their parent.
std::vector<SetVariant<PathSet>> variants_of(const PathSet& set, const std::string& name);

struct SubjectVariant {
    SubjectExpr subject;
    std::string what;
};
std::vector<SubjectVariant> variants_of(const SubjectExpr& subject);

struct NamedCalls {
    std::string name;
    SyscallSet keys; ///< on all ABIs of the set
};
/// The first calls of a set that is not all, by name.
std::vector<NamedCalls> calls_in(const SyscallSet& set, std::size_t most);

} // namespace synpol

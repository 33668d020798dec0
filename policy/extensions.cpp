// SPDX-License-Identifier: Apache-2.0
#include "policy/extensions.h"

namespace synpol {
namespace {

void add(ast::SetType type, const ast::SetExpr& value, Scope scope, SetResolver& sets,
         Extension& result) {
    switch (type) {
    case ast::SetType::paths:
        result.paths = sets.evaluate<PathKind>(value, scope).set;
        return;
    case ast::SetType::addrs:
        result.addresses = sets.evaluate<AddressKind>(value, scope).set;
        return;
    case ast::SetType::ports:
        result.ports = sets.evaluate<PortKind>(value, scope).set;
        return;
    case ast::SetType::syscalls:
        result.syscalls = sets.evaluate<SyscallKind>(value, scope).set;
        return;
    case ast::SetType::users:
        result.users = sets.evaluate<UserKind>(value, scope).set;
        result.groups = sets.evaluate<GroupKind>(value, scope).set;
        return;
    }
}

} // namespace

std::optional<Extension> resolve_extension(const ast::Extend& written, const PolicyFile& file,
                                           ResolveContext& context) {
    Diagnostics reported;
    Reporter silent{reported};
    ResolveContext own{context.inputs, silent, context.cache, context.changes};
    SetResolver sets{own};
    const Scope scope{&file};
    const auto* set = sets.find_set(written.name, scope);
    if (set == nullptr) return std::nullopt;
    Extension result;
    result.set = written.name.text;
    result.policy = file.name();
    result.span = written.name.span;
    add(set->type, written.value, scope, sets, result);
    return result;
}

} // namespace synpol

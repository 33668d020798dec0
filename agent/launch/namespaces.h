// SPDX-License-Identifier: Apache-2.0
// Which namespaces this process can give to what it starts.
#pragma once

namespace synpol {

enum class NamespaceAccess {
    none,
    by_user_namespace, ///< inside a user namespace, as an ordinary user may
    direct,
};

/// Mount and network namespaces. Without the privilege, a child tries.
NamespaceAccess namespace_access();

} // namespace synpol

// SPDX-License-Identifier: Apache-2.0
#include "policy/errno_names.h"

#include <algorithm>
#include <cerrno>

namespace synpol {
namespace {

constexpr ErrnoName table[] = {
    {"E2BIG", E2BIG},
    {"EACCES", EACCES},
    {"EADDRINUSE", EADDRINUSE},
    {"EADDRNOTAVAIL", EADDRNOTAVAIL},
    {"EADV", EADV},
    {"EAFNOSUPPORT", EAFNOSUPPORT},
    {"EAGAIN", EAGAIN},
    {"EALREADY", EALREADY},
    {"EBADE", EBADE},
    {"EBADF", EBADF},
    {"EBADFD", EBADFD},
    {"EBADMSG", EBADMSG},
    {"EBADR", EBADR},
    {"EBADRQC", EBADRQC},
    {"EBADSLT", EBADSLT},
    {"EBFONT", EBFONT},
    {"EBUSY", EBUSY},
    {"ECANCELED", ECANCELED},
    {"ECHILD", ECHILD},
    {"ECHRNG", ECHRNG},
    {"ECOMM", ECOMM},
    {"ECONNABORTED", ECONNABORTED},
    {"ECONNREFUSED", ECONNREFUSED},
    {"ECONNRESET", ECONNRESET},
    {"EDEADLK", EDEADLK},
    {"EDEADLOCK", EDEADLOCK},
    {"EDESTADDRREQ", EDESTADDRREQ},
    {"EDOM", EDOM},
    {"EDOTDOT", EDOTDOT},
    {"EDQUOT", EDQUOT},
    {"EEXIST", EEXIST},
    {"EFAULT", EFAULT},
    {"EFBIG", EFBIG},
    {"EHOSTDOWN", EHOSTDOWN},
    {"EHOSTUNREACH", EHOSTUNREACH},
    {"EIDRM", EIDRM},
    {"EILSEQ", EILSEQ},
    {"EINPROGRESS", EINPROGRESS},
    {"EINTR", EINTR},
    {"EINVAL", EINVAL},
    {"EIO", EIO},
    {"EISCONN", EISCONN},
    {"EISDIR", EISDIR},
    {"EISNAM", EISNAM},
    {"EKEYEXPIRED", EKEYEXPIRED},
    {"EKEYREJECTED", EKEYREJECTED},
    {"EKEYREVOKED", EKEYREVOKED},
    {"EL2HLT", EL2HLT},
    {"EL2NSYNC", EL2NSYNC},
    {"EL3HLT", EL3HLT},
    {"EL3RST", EL3RST},
    {"ELIBACC", ELIBACC},
    {"ELIBBAD", ELIBBAD},
    {"ELIBEXEC", ELIBEXEC},
    {"ELIBMAX", ELIBMAX},
    {"ELIBSCN", ELIBSCN},
    {"ELNRNG", ELNRNG},
    {"ELOOP", ELOOP},
    {"EMEDIUMTYPE", EMEDIUMTYPE},
    {"EMFILE", EMFILE},
    {"EMLINK", EMLINK},
    {"EMSGSIZE", EMSGSIZE},
    {"EMULTIHOP", EMULTIHOP},
    {"ENAMETOOLONG", ENAMETOOLONG},
    {"ENAVAIL", ENAVAIL},
    {"ENETDOWN", ENETDOWN},
    {"ENETRESET", ENETRESET},
    {"ENETUNREACH", ENETUNREACH},
    {"ENFILE", ENFILE},
    {"ENOANO", ENOANO},
    {"ENOBUFS", ENOBUFS},
    {"ENOCSI", ENOCSI},
    {"ENODATA", ENODATA},
    {"ENODEV", ENODEV},
    {"ENOENT", ENOENT},
    {"ENOEXEC", ENOEXEC},
    {"ENOKEY", ENOKEY},
    {"ENOLCK", ENOLCK},
    {"ENOLINK", ENOLINK},
    {"ENOMEDIUM", ENOMEDIUM},
    {"ENOMEM", ENOMEM},
    {"ENOMSG", ENOMSG},
    {"ENONET", ENONET},
    {"ENOPKG", ENOPKG},
    {"ENOPROTOOPT", ENOPROTOOPT},
    {"ENOSPC", ENOSPC},
    {"ENOSR", ENOSR},
    {"ENOSTR", ENOSTR},
    {"ENOSYS", ENOSYS},
    {"ENOTBLK", ENOTBLK},
    {"ENOTCONN", ENOTCONN},
    {"ENOTDIR", ENOTDIR},
    {"ENOTEMPTY", ENOTEMPTY},
    {"ENOTNAM", ENOTNAM},
    {"ENOTRECOVERABLE", ENOTRECOVERABLE},
    {"ENOTSOCK", ENOTSOCK},
    {"ENOTSUP", ENOTSUP},
    {"ENOTTY", ENOTTY},
    {"ENOTUNIQ", ENOTUNIQ},
    {"ENXIO", ENXIO},
    {"EOPNOTSUPP", EOPNOTSUPP},
    {"EOVERFLOW", EOVERFLOW},
    {"EOWNERDEAD", EOWNERDEAD},
    {"EPERM", EPERM},
    {"EPFNOSUPPORT", EPFNOSUPPORT},
    {"EPIPE", EPIPE},
    {"EPROTO", EPROTO},
    {"EPROTONOSUPPORT", EPROTONOSUPPORT},
    {"EPROTOTYPE", EPROTOTYPE},
    {"ERANGE", ERANGE},
    {"EREMCHG", EREMCHG},
    {"EREMOTE", EREMOTE},
    {"EREMOTEIO", EREMOTEIO},
    {"ERESTART", ERESTART},
    {"ERFKILL", ERFKILL},
    {"EROFS", EROFS},
    {"ESHUTDOWN", ESHUTDOWN},
    {"ESOCKTNOSUPPORT", ESOCKTNOSUPPORT},
    {"ESPIPE", ESPIPE},
    {"ESRCH", ESRCH},
    {"ESRMNT", ESRMNT},
    {"ESTALE", ESTALE},
    {"ESTRPIPE", ESTRPIPE},
    {"ETIME", ETIME},
    {"ETIMEDOUT", ETIMEDOUT},
    {"ETOOMANYREFS", ETOOMANYREFS},
    {"ETXTBSY", ETXTBSY},
    {"EUCLEAN", EUCLEAN},
    {"EUNATCH", EUNATCH},
    {"EUSERS", EUSERS},
    {"EWOULDBLOCK", EWOULDBLOCK},
    {"EXDEV", EXDEV},
    {"EXFULL", EXFULL},
};
static_assert(std::is_sorted(std::begin(table), std::end(table),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));

// Second names of a number that has another usual name.
constexpr std::string_view aliases[] = {"EDEADLOCK", "ENOTSUP", "EWOULDBLOCK"};

} // namespace

std::span<const ErrnoName> all_errno_names() {
    return table;
}

std::optional<int> find_errno(std::string_view name) {
    for (const auto& row : table) {
        if (row.name == name) return row.number;
    }
    return {};
}

std::optional<std::string_view> errno_name(int number) {
    for (const auto& row : table) {
        const bool alias =
            std::find(std::begin(aliases), std::end(aliases), row.name) != std::end(aliases);
        if (row.number == number && !alias) return row.name;
    }
    return {};
}

} // namespace synpol

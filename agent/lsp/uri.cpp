// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/uri.h"

#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "agent/files.h"

namespace synpol::lsp {
namespace {

constexpr std::string_view file_scheme = "file://";

std::string decoded(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned value = 0;
        const char* begin = text.data() + at + 1;
        const bool full = text[at] == '%' && at + 2 < text.size();
        if (full && std::from_chars(begin, begin + 2, value, 16).ptr == begin + 2) {
            result += static_cast<char>(value);
            at += 2;
        } else {
            result += text[at];
        }
    }
    return result;
}

bool stands_for_itself(unsigned char byte) {
    return std::isalnum(byte) != 0 ||
           std::string_view{"/-._~"}.find(static_cast<char>(byte)) != std::string_view::npos;
}

} // namespace

std::string path_of_uri(std::string_view uri) {
    if (!uri.starts_with(file_scheme)) return resolve_path(uri, "");
    const auto rest = uri.substr(file_scheme.size());
    const auto slash = rest.find('/'); // behind the host, which is this one
    if (slash == std::string_view::npos) return resolve_path(uri, "");
    return resolve_path(decoded(rest.substr(slash)), "");
}

std::string uri_of_path(std::string_view path) {
    if (path.empty() || path.front() != '/') return std::string{path};
    std::string uri{file_scheme};
    for (const char byte : path) {
        const auto value = static_cast<unsigned char>(byte);
        uri += stands_for_itself(value) ? std::string{byte} : fmt::format("%{:02X}", value);
    }
    return uri;
}

} // namespace synpol::lsp

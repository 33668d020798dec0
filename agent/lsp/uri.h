// SPDX-License-Identifier: Apache-2.0
// The URIs of documents and the paths that the loader knows them by.
#pragma once

#include <string>
#include <string_view>

namespace synpol::lsp {

/// The normalised path of a file: URI. Any other URI, as of a document that was never saved, is a
/// path of its own.
std::string path_of_uri(std::string_view uri);
std::string uri_of_path(std::string_view path);

} // namespace synpol::lsp

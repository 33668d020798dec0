// SPDX-License-Identifier: Apache-2.0
#include "policy/result.h"

#include <cstring>

namespace synpol {

Error Error::from_errno(std::string_view message, int number) {
    return Error{std::string{message} + ": " + std::strerror(number)};
}

Error&& Error::within(std::string_view context) && {
    message_.insert(0, std::string{context} + ": ");
    return std::move(*this);
}

Error&& Error::with_help(std::string help) && {
    help_ = std::move(help);
    return std::move(*this);
}

} // namespace synpol

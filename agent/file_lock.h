// SPDX-License-Identifier: Apache-2.0
// The lock that makes an agent the only one for its run_dir. The kernel lets go of it when the
// holder dies, however it dies; the file itself stays and only tells the pid.
#pragma once

#include <string>

#include "agent/descriptor.h"
#include "policy/result.h"

namespace synpol {

class FileLock {
  public:
    /// An Error that names the holder when another process has it.
    static Result<FileLock> take(const std::string& path);

    /// The pid of the process that holds the lock now; 0: nobody does.
    static Result<int> holder(const std::string& path);

  private:
    explicit FileLock(Descriptor file) : file_{std::move(file)} {}
    Descriptor file_;
};

} // namespace synpol

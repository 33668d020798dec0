// SPDX-License-Identifier: Apache-2.0
// Folds equal events of one batch into one row with a count: a program that retries in a loop must
// not fill the disk.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "agent/store.h"

namespace synpol {

class Fold {
  public:
    /// Equal in everything but time and sequence number: counted in the row that is there.
    void add(EventRow row);
    bool empty() const { return rows_.empty(); }
    std::size_t size() const { return rows_.size(); }
    /// The rows in the order of their first events; starts over.
    std::vector<EventRow> take();

  private:
    std::vector<EventRow> rows_;
    std::unordered_map<std::string, std::size_t> places_; ///< by everything that must be equal
};

} // namespace synpol

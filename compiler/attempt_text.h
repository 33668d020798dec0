// SPDX-License-Identifier: Apache-2.0
// Attempts as people write them: "connect tcp to 10.1.2.3 port 443" and
// "user=nginx,exe=/usr/bin/x".
#pragma once

#include <string>
#include <string_view>

#include "compiler/attempt.h"
#include "policy/load.h"

namespace synpol {

/// An attempt from an action pattern: every set that the text gives must hold exactly one value.
/// `inbound tcp` and `connect tcp` without a state mean the first segment (`syn`) and no state,
/// `write` the contents. A fact that the text does not give is absent, so rules that need it apply.
/// The process that a signal or an injection is aimed at is a conjunction: `signal user 33 and
/// group 33 and exe /usr/sbin/nginx and descendants of (user 0 and exe /sbin/init)`. `exe none` is
/// one without a file, `not descendants of user any` one without ancestors.
Result<Attempt> make_attempt(const ActionPattern& pattern);

/// Adds "user=..,group=..,exe=..,cgroup=..,abi=.."; several groups: group=a+b; no file: exe=none.
/// Ancestors: parent.exe=.., parent.parent.user=.., all that there are; parent=none; parent=any is
/// one of whom nothing is known. A comma in a path is written `\,`. Names are looked up.
Result<void> apply_subject(std::string_view text, NameService& names, Attempt& attempt);

/// As the language writes it; `explain` accepts it again, for the policies that `names` is of.
std::string to_string(const Attempt& attempt, const Placeholders::Names& names = {});
/// "user=33,group=33,exe=/usr/sbin/nginx,cgroup=/web,parent.exe=/usr/bin/make".
std::string subject_to_string(const SubjectFacts& subject, const Placeholders::Names& names = {});

/// JSON object of all facts, for audit rows and the sim backend; and back.
std::string to_json(const Attempt& attempt);
Result<Attempt> attempt_from_json(std::string_view text);

} // namespace synpol

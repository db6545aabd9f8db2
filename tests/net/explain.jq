# SPDX-License-Identifier: MIT
# Explains the rows of a np-trace document that mislead: hops which answer less than hops behind
# them, and hops which never answer. Prints one sentence for each.
def percent: (. * 1000 | round) / 10;
def who: if .addr then "hop \(.ttl) (\(.addr))" else "hop \(.ttl)" end;

.hops as $hops
| [range(0; $hops | length) as $i
   | $hops[$i] as $h
   | [$hops[$i + 1:][] | select(.stats.received > 0)] as $later
   | ([$later[].stats.loss] | min) as $least
   | if $h.stats.sent == 0 or ($later | length) == 0 then empty
     elif $h.stats.received == 0 then
       "\($h | who) never answers, but what lies behind it does: it forwards, and is silent itself."
     elif $h.stats.loss - $least >= 0.1 then
       ($later | map(select(.stats.loss == $least)) | last) as $clean
       | "\($h | who) left \($h.stats.loss | percent) % of its probes unanswered, while \($clean
         | who) behind it lost \($least | percent) %: it limits its own answers, the path \(
         if $least == 0 then "loses nothing there" else "up to there loses no more than that" end)."
     else empty end]
| if length == 0 then "no row misleads." else .[] end

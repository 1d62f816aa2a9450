/* SPDX-License-Identifier: GPL-3.0-or-later
 * --line is for thin lines and shapes; --sev and --sevbg are set by what is
 * wrong: .bad, .warn, .good.
 */
#include "report/print/html/style.h"

#define COLOURS                                                                \
	":root{color-scheme:light dark;--bg:#fff;--ink:#191b1f;"               \
	"--mute:#565d68;--rule:#d9dde3;--soft:#f4f5f7;--line:#868e99;"         \
	"--bad:#b42318;--badbg:#fcebe9;--warn:#855000;--warnbg:#fdf1de;"       \
	"--good:#0b6b3f;--goodbg:#e5f4ec;--link:#1c57b0;--c1:#1c57b0;"         \
	"--c2:#a14400;--c3:#6b3fa0;--c4:#0b6b6b;--c5:#8c2f66;--c6:#4d5a00}\n"  \
	"@media screen and (prefers-color-scheme:dark){:root{--bg:#111417;"    \
	"--ink:#e8eaed;--mute:#a5adb9;--rule:#2c3239;--soft:#1a1e23;"          \
	"--line:#727b88;--bad:#ff8f86;--badbg:#3b1b19;--warn:#f1bb68;"         \
	"--warnbg:#32270f;--good:#78d29e;--goodbg:#14291e;--link:#8db7ff;"     \
	"--c1:#8db7ff;--c2:#ffb26b;--c3:#cda6ff;--c4:#6fd6d6;--c5:#f5a3d0;"    \
	"--c6:#c9d46a}}\n"

#define SEVERITIES                                                             \
	".bad{--sev:var(--bad);--sevbg:var(--badbg)}"                          \
	".warn{--sev:var(--warn);--sevbg:var(--warnbg)}"                       \
	".good{--sev:var(--good);--sevbg:var(--goodbg)}"                       \
	".plain,.good .key{--sev:var(--mute);--sevbg:var(--soft)}\n"

#define PICTURES                                                               \
	"svg text{fill:var(--ink);font:12px system-ui,-apple-system,"          \
	"\"Segoe UI\",Roboto,\"Noto Sans\",\"Liberation Sans\",sans-serif}"    \
	"svg .mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"    \
	"\"Liberation Mono\",monospace;font-size:11px}"                        \
	"svg .dim{fill:var(--mute)}svg .strong{font-weight:650}"               \
	"svg .mid{text-anchor:middle}svg .end{text-anchor:end}"                \
	"svg .small{font-size:11px}svg .sevt{fill:var(--sev);"                 \
	"font-weight:650}\n"                                                   \
	"svg .rail{stroke:var(--ink);stroke-width:3}"                          \
	"svg .rail.off{stroke:var(--line);stroke-dasharray:2 5}"               \
	"svg .rail.guilty{stroke:var(--sev);stroke-width:5}"                   \
	"svg .hop{fill:var(--bg);stroke:var(--ink);stroke-width:2}"            \
	"svg .hop.silent{stroke:var(--line);stroke-dasharray:3 3}"             \
	"svg .hop.full{fill:var(--ink)}svg .onfull{fill:var(--bg)}"            \
	"svg .band{fill:var(--sevbg)}"                                         \
	"svg .bracket{stroke:var(--sev);stroke-width:2;fill:none}\n"           \
	"svg .lane{stroke:var(--line);stroke-width:1.5}"                       \
	"svg .lane.off{stroke-dasharray:2 4}"                                  \
	"svg .lane.guilty{stroke:var(--sev)}"                                  \
	"svg .dot{fill:var(--ink)}svg .ring{fill:var(--bg);"                   \
	"stroke:var(--line);stroke-width:1.5}"                                 \
	"svg .part{fill:var(--line)}"                                          \
	"svg .cross{stroke:var(--sev);stroke-width:2.6;fill:none;"             \
	"stroke-linecap:round}svg .change{fill:none;stroke:var(--ink);"        \
	"stroke-width:2}\n"

const char svg_style[] = COLOURS SEVERITIES PICTURES "svg{background:var(--bg)}"
						     "\n";

const char html_style[] =
	"\n" COLOURS SEVERITIES
	"*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
	"body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 "
	"system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\","
	"\"Liberation Sans\",sans-serif;font-variant-numeric:tabular-nums}"
	"main,footer{max-width:1080px;margin:0 auto;padding:0 20px}\n"
	"code,pre,.hex{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"
	"\"Liberation Mono\",monospace;font-size:.9em;overflow-wrap:anywhere}"
	"pre{white-space:pre;overflow-x:auto;background:var(--soft);padding:"
	"14px 16px;"
	"border:1px solid var(--rule);border-radius:6px;margin:12px 0}"
	"a{color:var(--link)}"
	":focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	"h1{font-size:clamp(26px,4.2vw,40px);line-height:1.15;margin:0 0 12px;"
	"letter-spacing:-.015em;max-width:26ch;text-wrap:balance}"
	"h2{font-size:21px;line-height:1.3;margin:0 0 12px}"
	"h3{font-size:16px;margin:22px 0 6px}"
	"p{margin:8px 0;max-width:70ch}"
	".note,figcaption{color:var(--mute);font-size:14px;max-width:70ch}"
	".lede{font-size:clamp(17px,1.9vw,20px);line-height:1.45;"
	"overflow-wrap:anywhere}\n"
	".head{padding:22px 0 30px}"
	"nav ul{display:flex;flex-wrap:wrap;gap:4px 24px;list-style:none;"
	"padding:14px 0;margin:0;border-bottom:1px solid var(--rule);"
	"font-size:14px}nav b{color:var(--sev);font-weight:650}"
	".about{color:var(--mute);font-size:14px;margin:0 0 30px;"
	"max-width:none;overflow-wrap:anywhere}"
	".about b{color:var(--ink)}"
	".badge{display:inline-flex;align-items:center;gap:8px;"
	"font-weight:650;color:var(--sev);margin:0 0 8px}"
	".badge svg{width:24px;height:24px;flex:none}"
	".facts{display:grid;grid-template-columns:repeat(auto-fit,"
	"minmax(210px,1fr));gap:18px 30px;margin:26px 0 0}"
	".facts h2{font-size:13px;color:var(--mute);font-weight:400;margin:0}"
	".facts p{margin:0;font-size:15px}\n"
	"article+article{border-top:3px solid var(--ink);margin-top:26px}"
	"section{border-top:1px solid var(--rule);padding:26px 0 28px}"
	"figure{margin:12px 0}figcaption{margin-top:8px}"
	".scroll{overflow-x:auto}svg.figure{display:block;height:auto;"
	"width:100%;max-width:100%}"
	"svg.figure.lines{min-width:660px}td .miss{display:inline-block;"
	"min-width:15em}svg.tall{max-width:460px}svg.wide{display:none}"
	"@media (min-width:760px){svg.wide{display:block}"
	"svg.wide+svg.tall{display:none}}\n"
	"table{border-collapse:collapse;font-size:14px;width:100%}"
	"caption{text-align:left;color:var(--mute);padding:0 0 4px}"
	"th,td{text-align:left;vertical-align:top;padding:5px 14px 5px 0;"
	"border-bottom:1px solid var(--rule);font-weight:400}"
	"thead th{color:var(--mute);font-size:13px;vertical-align:bottom}"
	"td code{white-space:nowrap;overflow-wrap:normal}"
	"td.n,th.n{text-align:right}td.hex{font-size:13px}"
	".miss{color:var(--mute)}"
	"mark{background:var(--sevbg);color:var(--sev);font-weight:700;"
	"text-decoration:underline;text-underline-offset:3px;padding:0 1px}"
	"tr.diff th:first-child{box-shadow:inset 3px 0 0 var(--sev);"
	"padding-left:9px;font-weight:650}\n"
	".finding>h2{display:flex;flex-wrap:wrap;gap:2px 10px;"
	"align-items:baseline}"
	".finding .effect{color:var(--sev)}"
	".finding>p.where{color:var(--mute);font-size:14px;margin-top:-8px}"
	"ul.evidence{padding:0;list-style:none;margin:12px 0}"
	"ul.evidence li{border-bottom:1px solid var(--rule);padding:6px 0;"
	"font-size:14px;display:grid;grid-template-columns:6.5em 1fr;"
	"gap:2px 12px}ul.evidence .frame{color:var(--mute)}"
	"ul.evidence .values{grid-column:2}"
	"summary{cursor:pointer;font-weight:650;padding:4px 0}"
	"details{margin:10px 0}\n"
	"ul.key{display:flex;flex-wrap:wrap;gap:2px 18px;padding:0;"
	"list-style:none;font-size:13px;color:var(--mute);margin:10px 0 0}"
	"ul.key svg{width:18px;height:14px;vertical-align:-2px;"
	"margin-right:5px}\n"
	"ol.rungs{list-style:none;padding:0;margin:0}"
	"ol.rungs li{display:grid;grid-template-columns:26px minmax(0,16em) "
	"minmax(0,1fr);gap:2px 12px;padding:8px 0;"
	"border-bottom:1px solid var(--rule)}"
	"ol.rungs svg{width:18px;height:18px;margin-top:3px}"
	"ol.rungs .why{color:var(--mute);font-size:14px}"
	"ol.rungs .skipped b{font-weight:400;color:var(--mute)}"
	"@media (max-width:640px){ol.rungs li{grid-template-columns:26px 1fr}"
	"ol.rungs .why{grid-column:2}}\n"
	"ol.talk{list-style:none;padding:0;margin:6px 0 18px;font-size:13px}"
	"ol.talk li,.lanes{display:grid;grid-template-columns:4.6em "
	"minmax(0,1fr) 3.6em;gap:0 10px}"
	"ol.talk .time,ol.talk .frame{color:var(--mute);text-align:right;"
	"align-self:end;line-height:1;padding-bottom:1px}"
	"ol.talk .frame{text-align:left}"
	"@media (max-width:480px){ol.talk li,.lanes{grid-template-columns:"
	"3.6em minmax(0,1fr) 2.6em;gap:0 6px}}"
	".say{position:relative;padding-top:7px}"
	".say>svg.lines{position:absolute;inset:0;width:100%;height:100%}"
	".say>span{position:relative;background:var(--bg);padding:0 4px;"
	"margin-left:14px;line-height:1.3;overflow-wrap:anywhere;"
	"box-decoration-break:clone;-webkit-box-decoration-break:clone}"
	".say.back{text-align:right}.say.back>span{margin:0 14px 0 0}"
	".say>svg.arrow{position:relative;display:block;width:100%;"
	"height:12px;overflow:visible}"
	".lanes svg{grid-column:2;overflow:visible}"
	"svg .life{stroke:var(--rule);stroke-width:1.5}"
	"svg .way{stroke:var(--ink);stroke-width:1.5}"
	"svg .way.bare{stroke-dasharray:2 3}svg "
	".tip{fill:var(--ink)}\n" PICTURES
	".classes .n,.classes code{white-space:nowrap}"
	".classes .words{color:var(--mute)}"
	".classes tbody th{min-width:13em}.classes code{color:var(--mute)}"
	"svg.bar{display:block}svg.bar .room{fill:var(--soft)}"
	"svg.bar .share{fill:var(--sev)}svg.bar .interval{stroke:var(--ink);"
	"stroke-width:3}\n"
	"svg.chart{display:block;width:100%;overflow:visible}"
	"svg.chart>svg,svg.chart>g>svg{overflow:visible}svg.chart "
	"text{paint-order:stroke;stroke:var(--bg);stroke-width:4px;"
	"stroke-linejoin:round}svg .marks{fill:none;stroke-width:4;"
	"stroke-linecap:round}svg .marks.large{stroke-width:9}svg "
	".line{fill:none;stroke-width:2}"
	"svg .steps{fill:none;stroke:var(--ink);"
	"stroke-width:1.4}svg .wait{fill:var(--warnbg)}"
	"svg .axis{stroke:var(--rule);stroke-width:1}"
	"svg .f1 path,svg.f1 path{stroke:var(--c1)}svg .f1 .tag{fill:var(--c1)}"
	"svg .f2 path,svg.f2 path{stroke:var(--c2)}svg .f2 .tag{fill:var(--c2)}"
	"svg .f3 path,svg.f3 path{stroke:var(--c3)}svg .f3 .tag{fill:var(--c3)}"
	"svg .f4 path,svg.f4 path{stroke:var(--c4)}svg .f4 .tag{fill:var(--c4)}"
	"svg .f5 path,svg.f5 path{stroke:var(--c5)}svg .f5 .tag{fill:var(--c5)}"
	"svg .f6 path,svg.f6 path{stroke:var(--c6)}svg .f6 .tag{fill:var(--c6)}"
	"svg .tag{font-weight:650}\n"
	"footer{border-top:1px solid var(--rule);padding-top:24px;"
	"padding-bottom:40px;margin-top:10px;font-size:14px}"
	"footer h2{font-size:16px}"
	"footer dl{display:grid;grid-template-columns:8em minmax(0,1fr);"
	"gap:4px 12px;margin:0}footer dt{color:var(--mute)}"
	"footer dd{margin:0;overflow-wrap:anywhere}\n"
	"@page{size:A4;margin:14mm}"
	"@media print{svg.wide{display:block}svg.wide+svg.tall{display:none}"
	"main,footer{max-width:none;padding:0}"
	"body{font-size:13px}h1{font-size:26px}pre{white-space:pre-wrap}"
	"section,article+article{break-inside:auto}"
	"h2,h3{break-after:avoid}svg,tr,ol.talk li,ol.rungs li,"
	"ul.evidence li{break-inside:avoid}"
	"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
	".finding>details::details-content{content-visibility:visible;"
	"block-size:auto}}\n";

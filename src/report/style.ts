/** The page's style sheet. Colours only through variables: light, dark and paper share the rest. */
export const style = `
:root{color-scheme:light dark;--paper:#fff;--panel:#f3f5f8;--ink:#17202b;--quiet:#566270;--rule:#dbe0e7;
--accent:#0b5fa5;--second:#c2570c;--good:#0a6b4a;--bad:#a3281e;--tint:#eaf3fb}
@media (prefers-color-scheme:dark){:root{--paper:#11161c;--panel:#1a212a;--ink:#e8edf2;--quiet:#9fabb8;--rule:#303a46;
--accent:#6cb6f5;--second:#f0a05a;--good:#5fcf9f;--bad:#f28b80;--tint:#172a3c}}
@media print{:root{color-scheme:light;--paper:#fff;--panel:#fff;--ink:#000;--quiet:#444;--rule:#bbb;
--accent:#0b5fa5;--second:#c2570c;--good:#0a6b4a;--bad:#a3281e;--tint:#eef}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1220px;margin:0 auto;padding:40px 28px 80px}
h1{font-size:34px;line-height:1.15;letter-spacing:-.015em;margin:0 0 8px;text-wrap:balance}
h2{font-size:22px;line-height:1.25;letter-spacing:-.01em;margin:56px 0 14px}
h3{font-size:15px;margin:26px 0 8px}
p{margin:0 0 10px}a{color:var(--accent)}
.over{font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--accent);font-weight:600;margin:0 0 6px}
.lead{font-size:19px}.source,.quiet,caption{color:var(--quiet);font-size:14px}.source{max-width:75ch}
.verdict{border-left:3px solid var(--accent);padding:2px 0 2px 14px;margin:0 0 8px;max-width:90ch}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin:26px 0}
.cards div{background:var(--panel);border-radius:10px;padding:14px 16px}
.cards dt{font-size:13px;color:var(--quiet)}.cards dd{margin:0;font-size:28px;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
.cards small{font-size:15px;font-weight:400;margin-left:4px}.cards .rival{font-size:13px;font-weight:400;color:var(--quiet);line-height:1.4}
nav{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--rule)}
nav ul{display:flex;flex-wrap:wrap;gap:2px 20px;list-style:none;max-width:1220px;margin:0 auto;padding:10px 28px;font-size:14px}
nav a{text-decoration:none;color:var(--quiet)}nav a:hover{color:var(--accent)}
section{scroll-margin-top:60px}tr[id]{scroll-margin-top:110px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:8px}
th,td{text-align:left;padding:7px 14px 7px 0;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400}
thead th{color:var(--quiet);font-size:13px;vertical-align:bottom;border-bottom-color:var(--quiet)}
tbody th{font-weight:500;white-space:nowrap}.number{text-align:right;white-space:nowrap}
th:first-child,td:first-child{padding-left:10px}
tr.best{background:var(--tint)}tr.rejected,tr.diverged,tr.fixed{color:var(--quiet)}tr:target{outline:2px solid var(--accent)}
.predictors tr{color:var(--quiet);font-style:italic}.predictors tr:first-child>*{border-top:2px solid var(--quiet)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
pre{background:var(--panel);border-radius:8px;padding:14px 16px;overflow-x:auto;margin:0}
.controls{display:flex;flex-wrap:wrap;gap:10px 18px;align-items:center;font-size:14px;margin-bottom:14px}
select,input,button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--rule);border-radius:6px;padding:4px 8px}
input[type=number]{width:84px}button{cursor:pointer;min-width:32px}button:hover{border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.turns{display:flex;gap:4px;margin-left:auto}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(270px,1fr));gap:14px}
figure{margin:0}.panel{background:var(--panel);border-radius:12px;padding:14px 16px 10px;break-inside:avoid}
.panels.fields{grid-template-columns:repeat(auto-fit,minmax(270px,380px))}.panel[hidden]{display:none}
figcaption{font-size:14px;margin-bottom:2px}.panel figcaption span{color:var(--quiet);margin-left:4px}
canvas{display:block;width:100%;aspect-ratio:1;cursor:grab;touch-action:pan-y;border-radius:8px}canvas:active{cursor:grabbing}
.legend{display:flex;height:12px;margin:8px 0 20px;font-size:12px;color:var(--quiet);font-variant-numeric:tabular-nums}
.legend span{flex:1;position:relative}.legend span:first-child{border-radius:3px 0 0 3px}.legend span:last-child{border-radius:0 3px 3px 0}
.legend span::after{content:attr(data-label);position:absolute;right:0;top:15px;transform:translateX(50%);white-space:nowrap}
output{display:block;min-height:1.5em;font-size:14px;font-variant-numeric:tabular-nums}
.facts-line{margin:12px 0 4px;font-variant-numeric:tabular-nums}
.marker{display:inline-block;width:12px;height:12px;border-radius:50%;margin:0 3px 0 14px;vertical-align:-1px;border:2px solid #111}
.marker.pacing{background:radial-gradient(circle,#d4002a 0 2px,#fff 2.5px)}.marker.electrode{background:#fff;width:8px;height:8px;border-width:1px;vertical-align:1px}
.marker.nodata{background:#8c9096;border:0;border-radius:2px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:14px 24px}.charts figure{max-width:560px}
.charts figcaption{color:var(--quiet);margin-left:8px}
svg text{fill:var(--ink);font-size:13px}svg .tick{fill:var(--quiet);font-size:11.5px;font-variant-numeric:tabular-nums}svg .label{fill:var(--quiet);font-size:12.5px}
.chart{width:100%;height:auto;display:block}.grid{stroke:var(--rule);fill:none}.axis{stroke:var(--quiet);fill:none}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.line.a{stroke:var(--accent)}.line.b{stroke:var(--second);stroke-dasharray:5 4}.line.c{stroke:var(--second);stroke-width:1.3}
.line.d{stroke:var(--second);stroke-width:7}.key .d{width:7px;height:7px;border-radius:50%;background:var(--second)}
.key{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:13px;color:var(--quiet)}.key i{display:inline-block;margin-right:7px;vertical-align:middle}
.key .a,.key .b,.key .c{width:26px;border-top:2px solid var(--accent)}.key .b{border-top:2px dashed var(--second)}.key .c{border-top-color:var(--second)}
.dot{width:10px;height:10px;border-radius:50%;border:2px solid var(--accent)}.dot.validation{background:var(--second);border-color:var(--second)}
.dot.best{background:var(--good);border-color:var(--good)}.dot.rejected{border-color:var(--quiet);border-style:dashed}
.tree{width:100%;min-width:820px;height:auto;display:block}.tree a{text-decoration:none}
.branch,.gap{fill:none;stroke:var(--quiet);stroke-width:1.3}.gap{opacity:.6}
.tree circle{fill:var(--accent);stroke:var(--accent);stroke-width:2}.tree .best circle{fill:var(--good);stroke:var(--good)}.tree .best text{font-weight:650}
.tree .rejected circle,.tree .diverged circle{fill:var(--paper);stroke:var(--quiet);stroke-dasharray:2.5 2}.tree .rejected text,.tree .diverged text{fill:var(--quiet)}
.tree circle.train{fill:var(--paper);stroke:var(--accent)}.tree circle.validation{fill:var(--second);stroke:var(--second)}
.index{fill:var(--quiet)}
.steps{padding-left:0;list-style:none;counter-reset:step;max-width:95ch}
.steps li{counter-increment:step;position:relative;padding:0 0 14px 44px;border-left:2px solid var(--rule);margin-left:14px}
.steps li::before{content:counter(step);position:absolute;left:-15px;top:-1px;width:28px;height:28px;border-radius:50%;background:var(--paper);border:2px solid var(--accent);text-align:center;font-size:13px;line-height:24px}
.steps li.best::before{background:var(--good);border-color:var(--good);color:var(--paper)}.steps li.rejected::before,.steps li.diverged::before,.steps li.none::before{border-color:var(--quiet);border-style:dashed}
.steps p{margin:0 0 3px}.action{font-size:13px}.action code:first-child{font-weight:650}.arguments,.outcome{color:var(--quiet)}.outcome{font-size:14px}.arguments{overflow-wrap:anywhere}
mark.unrecorded{background:none;color:inherit;text-decoration:underline wavy var(--second);text-underline-offset:3px}mark.unrecorded::after{content:"?";font-size:.75em;vertical-align:super;color:var(--second)}
.badge{font-size:13px;white-space:nowrap}.badge.identified{color:var(--good)}.badge.weak,.warning{color:var(--second)}
.badge.passed{color:var(--good);font-weight:600}.badge.failed{color:var(--bad);font-weight:700}.badge.shown{color:var(--quiet)}
tr.failed>*{background:color-mix(in srgb,var(--bad) 9%,transparent)}tr.shown{color:var(--quiet)}
.figure small{display:block;color:var(--quiet);font-size:12.5px;font-weight:400;max-width:52ch;white-space:normal}.origin{color:var(--quiet);font-size:12.5px;max-width:38ch}
.verification tbody th{white-space:normal;min-width:26ch}
.bar{width:80px;height:12px;vertical-align:-1px}.bar .value{fill:var(--accent)}.bar .truth{fill:none;stroke:var(--second);stroke-width:1.5}.bounds{white-space:nowrap}.bounds span{display:inline-block;min-width:46px}.bounds span:first-child{text-align:right}
.checks,.notes{padding-left:0;list-style:none;max-width:90ch}.checks li,.notes li{padding:5px 0;border-bottom:1px solid var(--rule)}
.checks .passed b{color:var(--good)}.checks .failed b{color:var(--bad)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:0 36px}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:3px 16px;font-size:14px;margin:0}.facts dt{color:var(--quiet)}.facts dd{margin:0;overflow-wrap:anywhere}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
details{margin-top:18px}summary{cursor:pointer;color:var(--accent)}
noscript svg{max-width:100%;height:auto}
@media (max-width:640px){main{padding:24px 16px 60px}h1{font-size:27px}.turns{margin-left:0;flex-wrap:wrap}}
@media print{nav,.controls,details:not([open]){display:none}main{padding:0;max-width:none}body{font-size:11pt}h2{break-after:avoid;margin-top:28px}
tr,figure,.steps li,.cards div{break-inside:avoid}.panels{grid-template-columns:repeat(3,1fr)}.panel,.cards div{border:1px solid var(--rule)}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;

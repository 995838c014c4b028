using System.Text;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record.Report;

/// <summary>How the page looks. Its policy allows this style by its hash, and nothing else at all.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1b1f24; --soft: #5c6672; --line: #e2e6eb; --bar: #c9d5e4; --busy: #2f6fb5; --bad: #c8321f; --badly: #fdecea; --warn: #8a5a00; --warnly: #fff5dc; --good: #20744a; }
        @media (prefers-color-scheme: dark) { :root { --page: #14171b; --card: #1c2026; --ink: #e4e8ed; --soft: #98a3b0; --line: #2d333b; --bar: #34404f; --busy: #6cabec; --bad: #ff7b69; --badly: #3a1f1c; --warn: #f0c674; --warnly: #332a16; --good: #6fcf97; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
        code, .mono, td.name, .who { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px; }
        h1 { font-size: 21px; line-height: 1.35; margin: 0 0 4px; font-weight: 600; overflow-wrap: anywhere; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        h2 { font-size: 16px; margin: 0 0 12px; font-weight: 600; }
        h2 small { font-weight: 400; color: var(--soft); font-size: 13px; margin-left: 8px; }
        .meta { color: var(--soft); margin: 0 0 20px; overflow-wrap: anywhere; }
        .warn { background: var(--warnly); color: var(--warn); border-radius: 8px; padding: 10px 14px; margin: 0 0 12px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0 0 20px; }
        .tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        .tile { padding: 12px 16px; }
        .tile b { display: block; font-size: 24px; line-height: 1.25; font-weight: 600; font-variant-numeric: tabular-nums; }
        .tile span { color: var(--soft); font-size: 13px; }
        .tile.bad b { color: var(--bad); }
        .tile.good b { color: var(--good); }
        section { padding: 18px 20px; margin: 0 0 20px; overflow: hidden; }
        .pair { columns: 2 400px; column-gap: 20px; }
        .pair section { break-inside: avoid; }
        table { border-collapse: collapse; width: 100%; }
        th { text-align: left; font-weight: 500; color: var(--soft); font-size: 13px; }
        th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        tr:last-child td { border-bottom: 0; }
        td.name { overflow-wrap: anywhere; }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; width: 1%; padding-right: 16px; font-size: 13px; }
        .tag { display: inline-block; border-radius: 5px; padding: 0 7px; font-size: 12px; line-height: 20px; background: var(--line); color: var(--soft); white-space: nowrap; }
        .tag.bad { background: var(--badly); color: var(--bad); }
        .denial { border-left: 3px solid var(--bad); padding: 0 0 0 14px; margin: 0 0 16px; }
        .denial:last-child { margin-bottom: 0; }
        .denial p { margin: 0 0 4px; overflow-wrap: anywhere; }
        .denial ul { margin: 0; padding: 0; list-style: none; color: var(--soft); }
        .denial li { overflow-wrap: anywhere; }
        .row { display: grid; grid-template-columns: minmax(120px, 24%) 1fr; gap: 12px; align-items: center; }
        .row:hover { background: color-mix(in srgb, var(--line) 40%, transparent); }
        .who { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: 12px; line-height: 20px; }
        .who i { font-style: normal; color: var(--soft); white-space: pre; }
        svg { display: block; width: 100%; }
        svg.lane { height: 16px; }
        svg.axis { height: 22px; }
        .bar { fill: var(--bar); }
        .call { fill: var(--busy); }
        .deny { fill: var(--bad); }
        .grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
        .axis text { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
        .legend { color: var(--soft); font-size: 13px; margin: 12px 0 0; }
        .legend svg { display: inline-block; width: 12px; height: 12px; vertical-align: -1px; margin: 0 5px 0 14px; }
        .legend svg:first-child { margin-left: 0; }
        details { margin-top: 8px; }
        summary { color: var(--soft); font-size: 13px; cursor: pointer; }
        footer { color: var(--soft); font-size: 13px; }
        hr { border: 0; border-top: 1px solid var(--line); margin: 40px 0; }
        @media print { body { background: #fff; } section, .tile { break-inside: avoid; } }
        """;

    /// <summary>The page's policy: this style, and nothing from anywhere.</summary>
    public static string Policy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(Convert.FromHexString(Sha256.Of(Encoding.UTF8.GetBytes(Css))))}'; base-uri 'none'; form-action 'none'";
}

/* Starts that people ask for most: cards with a number to fill. */
(() => {
    const { el, button, put, at, inputFor } = window.wmRules;

    const card = (ctx, preset, use) => {
        const inputs = preset.blanks.map((blank) => [blank, inputFor(ctx, blank, at(preset.rules, blank.path))]);
        const title = el("h3", { class: "wm-rules__card-title", id: ctx.uid("card") }, preset.label);
        const fields = inputs.map(([blank, input]) =>
            el(
                "div",
                { class: "wm-rules__blank" },
                el("span", { class: "wm-rules__extra-label", "aria-hidden": "true" }, blank.label),
                input.element,
            ),
        );
        const take = () => {
            const rules = structuredClone(preset.rules);
            for (const [blank, input] of inputs) put(rules, blank.path, input.get());
            use(rules, preset.label);
        };
        return el(
            "li",
            {},
            el(
                "div",
                { class: "wm-rules__card", role: "group", "aria-labelledby": title.id },
                title,
                el("p", {}, preset.text),
                ...fields,
                button(ctx.strings.use, take, { "aria-describedby": title.id }),
            ),
        );
    };

    /* `use(rules, label)` gets the conditions of the card that was chosen, filled in. */
    const presetCards = (ctx, presets, open, use) => {
        const details = el(
            "details",
            { class: "wm-rules__presets", open },
            el("summary", {}, ctx.strings.start),
            el("ul", { class: "wm-rules__cards" }, ...presets.map((preset) => card(ctx, preset, use))),
        );
        // What is typed on a card is no change of the rules.
        for (const name of ["input", "change"]) details.addEventListener(name, (event) => event.stopPropagation());
        return details;
    };

    Object.assign(window.wmRules, { presetCards });
})();

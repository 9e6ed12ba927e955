import ts from 'typescript'

/** One small change of a source file: the text between `start` and `end` becomes `text`. */
export interface Mutant {
  readonly file: string
  readonly line: number
  readonly start: number
  readonly end: number
  readonly text: string
  readonly operator: string
  /** What stood there, shortened. */
  readonly was: string
}

const { SyntaxKind: K } = ts
/** The operators of Stryker's "mutator" set, as far as TypeScript that only has its types stripped knows them. */
const BINARY: Readonly<Partial<Record<ts.SyntaxKind, readonly string[]>>> = {
  [K.EqualsEqualsEqualsToken]: ['!=='],
  [K.ExclamationEqualsEqualsToken]: ['==='],
  [K.LessThanToken]: ['<=', '>='],
  [K.LessThanEqualsToken]: ['<', '>'],
  [K.GreaterThanToken]: ['>=', '<='],
  [K.GreaterThanEqualsToken]: ['>', '<'],
  [K.AmpersandAmpersandToken]: ['||'],
  [K.BarBarToken]: ['&&'],
  [K.QuestionQuestionToken]: ['&&'],
  [K.PlusToken]: ['-'],
  [K.MinusToken]: ['+'],
  [K.AsteriskToken]: ['/'],
  [K.SlashToken]: ['*'],
  [K.PercentToken]: ['*'],
  [K.AsteriskAsteriskToken]: ['*'],
  [K.PlusEqualsToken]: ['-='],
  [K.MinusEqualsToken]: ['+='],
}
const METHODS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  some: 'every',
  every: 'some',
  floor: 'ceil',
  ceil: 'floor',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  toLowerCase: 'toUpperCase',
  toLocaleLowerCase: 'toLocaleUpperCase',
}
/** Calls that are left out whole: `list.sort()` becomes `list`. */
const DROPPED = new Set(['sort', 'toSorted', 'filter', 'slice', 'subarray', 'trim', 'normalize', 'reverse', 'replace', 'replaceAll'])

/** Every mutant of a source file, in the order of the text. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const found: Mutant[] = []
  const add = (node: ts.Node, text: string, operator: string, start = node.getStart(tree), end = node.end) => {
    const was = source.slice(start, end)
    if (was === text) return
    const line = tree.getLineAndCharacterOfPosition(start).line + 1
    found.push({ file, line, start, end, text, operator, was: was.replaceAll(/\s+/g, ' ').slice(0, 60) })
  }

  function visit(node: ts.Node): void {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    mutate(node)
    ts.forEachChild(node, visit)
  }

  function mutate(node: ts.Node): void {
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken
      for (const text of BINARY[operator.kind] ?? []) add(operator, text, 'operator')
    } else if (ts.isIfStatement(node) || ts.isWhileStatement(node)) condition(node.expression)
    else if (ts.isConditionalExpression(node)) condition(node.condition)
    else if (ts.isForStatement(node) && node.condition) add(node.condition, 'false', 'condition')
    else if (ts.isPrefixUnaryExpression(node)) {
      if (node.operator === K.ExclamationToken) add(node, node.operand.getText(tree), 'negation')
      if (node.operator === K.MinusToken) add(node, node.operand.getText(tree), 'sign')
      if (node.operator === K.PlusPlusToken) add(node, `--${node.operand.getText(tree)}`, 'update')
    } else if (ts.isPostfixUnaryExpression(node))
      add(node, `${node.operand.getText(tree)}${node.operator === K.PlusPlusToken ? '--' : '++'}`, 'update')
    else if (node.kind === K.TrueKeyword) add(node, 'false', 'boolean')
    else if (node.kind === K.FalseKeyword) add(node, 'true', 'boolean')
    else if (ts.isStringLiteral(node) && isValue(node)) add(node, node.text === '' ? "'mutated'" : "''", 'text')
    else if (ts.isTemplateExpression(node)) add(node, '``', 'text')
    else if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) add(node, '[]', 'array')
    else if (ts.isObjectLiteralExpression(node) && node.properties.length > 0) add(node, '{}', 'object')
    else if (ts.isBlock(node) && node.statements.length > 0 && !ts.isTryStatement(node.parent)) add(node, '{}', 'block')
    else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) add(node.body, '(undefined)', 'arrow')
    else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression, questionDotToken } = node.expression
      const other = METHODS[name.text]
      if (other !== undefined) add(name, other, 'method')
      if (DROPPED.has(name.text)) add(node, expression.getText(tree), 'call left out')
      if (questionDotToken !== undefined) add(questionDotToken, '.', 'optional chain')
    } else if (ts.isPropertyAccessExpression(node) && node.questionDotToken !== undefined) add(node.questionDotToken, '.', 'optional chain')
  }

  function condition(node: ts.Expression): void {
    add(node, 'true', 'condition')
    add(node, 'false', 'condition')
  }
  const isValue = (node: ts.StringLiteral): boolean =>
    !(ts.isPropertyAssignment(node.parent) && node.parent.name === node) && !ts.isLiteralTypeNode(node.parent)

  visit(tree)
  return found.sort((a, b) => a.start - b.start)
}

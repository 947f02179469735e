import { configJsonSchema } from '../../config/json-schema.ts'
import type { CommandModule } from '../command.ts'
import { EXIT, printJson } from '../io.ts'

export const schemaCommand: CommandModule = {
  register(program, io, done) {
    program
      .command('schema')
      .description('print the JSON Schema of the configuration, for editors')
      .option('--json', 'accepted for uniformity: the output is JSON anyway')
      .action(() => {
        printJson(io, configJsonSchema())
        done(EXIT.fine)
      })
  },
}
